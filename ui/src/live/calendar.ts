import { createContext, use } from 'react';

/** Today in the calendar of the program, such as `2026-11-23`. */
export const Calendar = createContext('');

export function useCalendar(): string {
  return use(Calendar);
}
