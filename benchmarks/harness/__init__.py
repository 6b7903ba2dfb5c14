"""What runs programs in turn, isolated from each other, and the rows that they measure."""
