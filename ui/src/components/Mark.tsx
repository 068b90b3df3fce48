/** The sign of the program: a table seen from above with four chairs. */
export function Mark() {
  return (
    <svg className="kt-mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect className="kt-mark-ground" width="64" height="64" rx="15" />
      <g className="kt-mark-chair">
        <rect x="24" y="7" width="16" height="9" rx="4.5" />
        <rect x="24" y="48" width="16" height="9" rx="4.5" />
        <rect x="7" y="24" width="9" height="16" rx="4.5" />
        <rect x="48" y="24" width="9" height="16" rx="4.5" />
      </g>
      <rect className="kt-mark-table" x="18" y="18" width="28" height="28" rx="7" />
      <circle className="kt-mark-cup" cx="27" cy="37" r="4" />
    </svg>
  );
}
