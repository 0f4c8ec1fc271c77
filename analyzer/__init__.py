"""Read, scan and generate Mattermost Support Packets."""
