import type { ReactNode } from 'react';

const SHAPES = {
  calendar: (
    <>
      <rect x="3.5" y="5" width="17" height="15.5" rx="2.5" />
      <path d="M3.5 10h17M8 2.8V7M16 2.8V7" />
    </>
  ),
  check: <path d="M4.5 12.5l5 5 10-11" />,
  circle: <circle cx="12" cy="12" r="8" />,
  half: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 4a8 8 0 010 16z" fill="currentColor" />
    </>
  ),
  stop: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M8 12h8" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7v5.2l3.4 2" />
    </>
  ),
  home: <path d="M4 11l8-7 8 7v8.5a1 1 0 01-1 1h-4.5V15h-5v5.5H5a1 1 0 01-1-1z" />,
  building: (
    <>
      <rect x="5" y="3.5" width="14" height="17" rx="1.5" />
      <path d="M9 8h2M13 8h2M9 12h2M13 12h2M10 20.5V16h4v4.5" />
    </>
  ),
  paper: <path d="M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9 12.5h6.5M9 16h6.5" />,
  phone: <path d="M6 3.5h3l1.5 4-2 1.5a12 12 0 006.5 6.5l1.5-2 4 1.5v3a2 2 0 01-2 2A16.5 16.5 0 014 5.5a2 2 0 012-2z" />,
  screen: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="1.5" />
      <path d="M8.5 20.5h7M12 16.5v4" />
    </>
  ),
  pin: (
    <>
      <path d="M12 21s-6.5-6-6.5-11a6.5 6.5 0 0113 0c0 5-6.5 11-6.5 11z" />
      <circle cx="12" cy="10" r="2.3" />
    </>
  ),
  plus: <path d="M12 5v14M5 12h14" />,
  undo: <path d="M8.5 5L4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 010 11h-3" />,
  redo: <path d="M15.5 5L20 9.5 15.5 14M19.5 9.5H10a5.5 5.5 0 000 11h3" />,
  close: <path d="M6 6l12 12M18 6L6 18" />,
  eye: (
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
      <circle cx="12" cy="12" r="3" />
    </>
  ),
  flag: <path d="M6 21V4M6 5c4-2.5 7 2 12-.5V13c-5 2.5-8-2-12 .5" />,
  alert: (
    <>
      <path d="M12 3.5l9.5 16.5h-19z" />
      <path d="M12 10v4.5M12 17.2v.1" />
    </>
  ),
  sound: <path d="M4 9.5v5h3.5L12 19V5L7.5 9.5zM15.5 9a4 4 0 010 6M18 6.5a7.5 7.5 0 010 11" />,
  speech: <path d="M4 5h16v11h-8.5L7 20v-4H4z" />,
  person: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.5 20.5c0-4 3.4-6.5 7.5-6.5s7.5 2.5 7.5 6.5" />
    </>
  ),
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 2.5v2.5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3L7 7M17 17l1.7 1.7M5.3 18.7L7 17M17 7l1.7-1.7" />
    </>
  ),
  road: <path d="M8 21L10.5 3M16 21L13.5 3M12 5v2.5M12 11v2.5M12 17v3" />,
  folders: <path d="M3.5 18.5v-12h6l2 2.5h9v9.5z" />,
  letters: <path d="M3 18L7.5 6h1L13 18M4.7 14h6.6M15 18l3-8h.6l3 8M16.2 15.5h4.2" />,
  pencil: <path d="M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19zM13.5 7l3.5 3.5" />,
  bin: <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5" />,
  people: (
    <>
      <circle cx="9" cy="8.5" r="3.5" />
      <path d="M2.5 20c0-3.5 2.9-5.8 6.5-5.8s6.5 2.3 6.5 5.8M15.5 5.3a3.5 3.5 0 010 6.4M17.5 14.6c2.4.7 4 2.7 4 5.4" />
    </>
  ),
  heart: <path d="M12 20s-8-4.8-8-10.6A4.4 4.4 0 0112 6.7a4.4 4.4 0 018 2.7C20 15.2 12 20 12 20z" />,
  money: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M15.5 8.6a4.6 4.6 0 100 6.8M6.8 10.8h6M6.8 13.2h6" />
    </>
  ),
  mail: (
    <>
      <rect x="3" y="5.5" width="18" height="13" rx="2" />
      <path d="M3.5 7l8.5 6.5L20.5 7" />
    </>
  ),
  book: <path d="M12 6.5C10 5 7 4.6 4 5v13c3-.4 6 0 8 1.5 2-1.5 5-1.9 8-1.5V5c-3-.4-6 0-8 1.5zM12 6.5v13" />,
  shield: <path d="M12 3l7.5 2.8v5.7c0 4.6-3 7.9-7.5 9.5-4.5-1.6-7.5-4.9-7.5-9.5V5.8z" />,
  lock: (
    <>
      <rect x="5" y="10.5" width="14" height="10" rx="2" />
      <path d="M8 10.5V8a4 4 0 018 0v2.5" />
    </>
  ),
  school: <path d="M12 4.5L22 9.5l-10 5-10-5zM6 12v5c3.5 2.7 8.5 2.7 12 0v-5M22 9.5v6" />,
  work: (
    <>
      <rect x="3" y="8" width="18" height="11.5" rx="2" />
      <path d="M8.5 8V5h7v3M3 13.5h18" />
    </>
  ),
  steps: <path d="M4 19.5v-4h5v-4h5v-4h6" />,
  list: <path d="M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1" />,
  up: <path d="M6 14.5l6-6 6 6" />,
  chevron: <path d="M6 9.5l6 6 6-6" />,
  lightbulb: <path d="M9 18h6M10 21h4M12 3a6 6 0 00-3.5 10.9c.7.6 1 1.2 1 2.1h5c0-.9.3-1.5 1-2.1A6 6 0 0012 3z" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

/** A drawing beside a word. Never alone: the word carries the meaning. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="kt-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {SHAPES[name]}
    </svg>
  );
}
