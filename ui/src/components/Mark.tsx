/** The sign of the program: a table seen from above with four chairs. */
export function Mark() {
  return (
    <svg className="kt-mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect className="kt-mark-ground" width="64" height="64" rx="15" />
      <g className="kt-mark-chair">
        <rect x="22" y="8" width="20" height="8" rx="4" />
        <rect x="22" y="48" width="20" height="8" rx="4" />
        <rect x="8" y="22" width="8" height="20" rx="4" />
        <rect x="48" y="22" width="8" height="20" rx="4" />
      </g>
      <rect className="kt-mark-table" x="20" y="20" width="24" height="24" rx="5" />
    </svg>
  );
}
