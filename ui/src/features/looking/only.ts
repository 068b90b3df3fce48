import { createContext, use } from 'react';

/** True on pages that are only looked at: through other eyes, or as they were. */
export const LookingOnly = createContext(false);

export function useLookingOnly(): boolean {
  return use(LookingOnly);
}
