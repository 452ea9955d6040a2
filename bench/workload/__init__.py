"""The heavy query of federation routers and what it needs: four subgraphs, their data, and the answers to expect."""
