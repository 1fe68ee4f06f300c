"""What deploys the responder: ARM templates, how they are put together, and how they are checked without Azure."""
