//! ICAO Doc 9303 identity cards: card session messages, and evidence to verdict
