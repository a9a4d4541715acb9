"""Notices by e-mail about runs and deliveries: written down once, sent until a mail server takes them."""
