"""Small clients: as much of each product's protocol as plays need."""
