return 0; // the host follows
