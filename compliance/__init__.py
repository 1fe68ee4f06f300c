"""What the law asks for, and by when: facts go in, clocks come out. Pure: no clock is read, nothing is sent."""
