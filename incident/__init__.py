"""The words of Tourniquet: what every room says and none may say otherwise. Standard library only."""
