"""AutoML of our own: a greedily selected ensemble of kernel machines, linear models and trees."""
