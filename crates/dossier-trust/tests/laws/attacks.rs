//! Named attacks, one test each.
