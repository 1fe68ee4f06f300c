"""What people see: pages and JSON. It decides nothing."""
