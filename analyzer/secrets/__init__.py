"""What sanitizing left behind: policy, rules, engine, findings."""
