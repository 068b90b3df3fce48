import { createContext, use } from 'react';
import type { Through } from '../../generated/Through';

/** How pages are looked at where nothing can be written: through other eyes, or as they were. */
export const LookingOnly = createContext<Through['as'] | null>(null);

/** True on pages that are only looked at. */
export function useLookingOnly(): boolean {
  return use(LookingOnly) !== null;
}

/** True on pages as they were. */
export function useLookingBack(): boolean {
  return use(LookingOnly) === 'moment';
}
