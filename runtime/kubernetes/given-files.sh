# Goes before a job's script in a pod, which has one user without a privilege: all files are that user's, and the folders' own modes are the
# cluster's to say. Who may read what Secrets hold later, the pods say that mount them.
chown() { :; }
chmod() { command chmod "$@" 2>/dev/null || true; }
