"""Crontable in Azure: the templates, what checks them, and what deploys them."""
