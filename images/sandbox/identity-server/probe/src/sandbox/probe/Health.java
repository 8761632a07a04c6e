package sandbox.probe;

import java.util.LinkedHashMap;
import java.util.Map;
import org.wso2.carbon.core.ServerStartupObserver;

/**
 * Whether this server can do its work: it has completed its start, web pages included, and its user database answers.
 *
 * <p>One thread asks the database once a second, and requests only read its last result. However long the database
 * hangs, however often health is asked for, no more than that one thread and one pooled connection wait.
 */
final class Health implements ServerStartupObserver, AutoCloseable {
    private static final int INTERVAL_MILLIS = 1000;
    private static final int TIMEOUT_MILLIS = 2000;

    private final UserDatabase database;
    private final Thread checker;
    private volatile boolean serverStarted;
    private volatile boolean allBundlesStarted;
    private volatile Check lastCheck = new Check("not asked yet", System.nanoTime());

    /** The outcome of a query: {@code error} is null when it succeeded. */
    private record Check(String error, long finishedNanos) {
        long ageMillis() {
            return (System.nanoTime() - finishedNanos) / 1_000_000;
        }
    }

    Health(UserDatabase database) {
        this.database = database;
        checker = new Thread(this::checkForever, "probe-database-check");
        checker.setDaemon(true);
    }

    @Override
    public void completingServerStartup() {
        // Only the completed start counts.
    }

    @Override
    public void completedServerStartup() {
        serverStarted = true;
        checker.start();
    }

    void allBundlesStarted() {
        allBundlesStarted = true;
    }

    @Override
    public void close() {
        checker.interrupt();
    }

    /** Null when healthy, else why not. */
    String problem() {
        if (!serverStarted) {
            return "the server has not completed its start";
        }
        if (!allBundlesStarted) {
            return "the server has not started all its web applications";
        }
        Check check = lastCheck;
        if (check.error() != null) {
            return "the user database does not answer: " + check.error();
        }
        if (check.ageMillis() > INTERVAL_MILLIS + TIMEOUT_MILLIS) {
            return "the user database has not answered for " + check.ageMillis() + " ms";
        }
        return null;
    }

    Map<String, Object> describe() {
        String problem = problem();
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("status", problem == null ? "UP" : "DOWN");
        description.put("started", serverStarted && allBundlesStarted);
        description.put("databaseCheckAgeMillis", lastCheck.ageMillis());
        if (problem != null) {
            description.put("reason", problem);
        }
        return description;
    }

    private void checkForever() {
        try {
            while (true) {
                lastCheck = check();
                Thread.sleep(INTERVAL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Check check() {
        try {
            database.check(TIMEOUT_MILLIS);
            return new Check(null, System.nanoTime());
        } catch (Exception e) {
            // Whatever goes wrong is the answer; the checker itself must survive it.
            return new Check(e.getClass().getSimpleName() + ": " + e.getMessage(), System.nanoTime());
        }
    }
}
