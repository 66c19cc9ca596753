//! The trust registry service: who may issue what and who may ask for what, signed
