//! Real programs, real connections over loopback: the main job, what it refuses, and what happens when it is cut off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a failed test may panic

mod access_table;
mod bad_input;
mod care;
mod coming_back;
mod covering;
mod interrupted;
mod leaving;
mod looking;
mod main_job;
mod same_house;
mod stage;
mod travelling;
