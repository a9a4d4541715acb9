"""What runs the platform: embedded PostgreSQL, roles and schemas, supervisor, doctor."""
