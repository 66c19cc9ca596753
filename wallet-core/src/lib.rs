//! Holds credentials and presents them with selective disclosure: a state machine without I/O for mobile apps
