"""外发通知: webhook endpoints, deliveries, and the rule which addresses may be connected to."""
