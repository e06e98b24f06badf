"""What Marsad knows about events, positions and Arabic news, without any I/O."""
