"""The worker process: sweepers that read PostgreSQL only, and beside them an arq worker. One file a job."""
