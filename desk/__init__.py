"""What can be asked of the responder, one file per thing asked. Use cases do not import each other."""
