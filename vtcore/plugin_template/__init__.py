"""What ``vtcore new-plugin`` writes: a whole package for one component, of any kind, that works before it is edited."""
