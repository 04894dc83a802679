//! States language: text to validated program with diagnostics; data flow of one state.
