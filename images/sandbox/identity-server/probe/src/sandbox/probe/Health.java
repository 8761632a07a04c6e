package sandbox.probe;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.apache.tomcat.jdbc.pool.DataSourceProxy;
import org.wso2.carbon.core.ServerStartupObserver;
import org.wso2.carbon.user.api.UserStoreException;

/**
 * Answers as the product's health API does, by the settings that deployment.toml has for it. Every request asks anew, on its own
 * thread, and waits as long as it takes: for a connection of an exhausted pool, for a database that hangs.
 */
final class Health implements ServerStartupObserver {
    private static final int USUAL_POOL_LIMIT = 80;

    private final Pools pools;
    private final Users users;
    private volatile boolean serverStarted;
    private volatile boolean allBundlesStarted;

    Health(Pools pools, Users users) {
        this.pools = pools;
        this.users = users;
    }

    @Override
    public void completingServerStartup() {
        // Only the completed start counts.
    }

    @Override
    public void completedServerStartup() {
        serverStarted = true;
    }

    void allBundlesStarted() {
        allBundlesStarted = true;
    }

    Map<String, Object> describe() throws IOException {
        HealthSettings settings = HealthSettings.read();
        List<String> errors = new ArrayList<>();
        List<String> checked = new ArrayList<>();
        if (settings.enabled()) {
            for (HealthSettings.Checker checker : settings.checkers()) {
                checked.add(checker.name());
                errors.addAll(problems(checker));
            }
        }
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("status", errors.isEmpty() ? "UP" : "DOWN");
        description.put("checked", checked);
        description.put("errors", errors);
        return description;
    }

    private List<String> problems(HealthSettings.Checker checker) {
        return switch (checker.name()) {
            case "ServerStartupChecker" -> startProblems().toList();
            case "DataSourceHealthChecker" -> poolProblems(checker);
            case "SuperTenantUSHealthChecker" -> userStoreProblems(checker);
            default -> List.of();
        };
    }

    private Stream<String> startProblems() {
        return Stream.of(
                        serverStarted ? "" : "the server has not completed its start",
                        // The server says so before the bundles that serve its web pages start.
                        allBundlesStarted ? "" : "the server has not started all its web applications")
                .filter(problem -> !problem.isEmpty());
    }

    /** The connection is held, not used: it counts as one of those in use. */
    @SuppressWarnings("try")
    private List<String> poolProblems(HealthSettings.Checker checker) {
        String limit = checker.properties().get("pool.usage.limit.percentage");
        int percentage = limit != null && limit.matches("[0-9]{1,9}") ? Integer.parseInt(limit) : USUAL_POOL_LIMIT;
        List<String> problems = new ArrayList<>();
        for (String name : checker.names("monitored.datasources").orElse(Pools.ALL)) {
            try {
                DataSource pool = pools.find(name);
                try (Connection connection = pool.getConnection()) {
                    if (pool instanceof DataSourceProxy proxy) {
                        int active = proxy.getPool().getActive();
                        if (active > proxy.getMaxActive() * percentage / 100) {
                            problems.add(name + ": " + active + " connections are in use");
                        }
                    }
                }
            } catch (NamingException | SQLException e) {
                problems.add(name + ": " + e);
            }
        }
        return problems;
    }

    private List<String> userStoreProblems(HealthSettings.Checker checker) {
        List<String> problems = new ArrayList<>();
        try {
            for (String domain : users.domains()) {
                boolean monitored = checker.names("monitored.user.stores")
                        .map(names -> names.stream().anyMatch(domain::equalsIgnoreCase))
                        .orElse(true);
                if (monitored) {
                    try {
                        users.query(domain);
                    } catch (UserStoreException | RuntimeException e) {
                        problems.add("user store " + domain + ": " + e);
                    }
                }
            }
        } catch (UserStoreException e) {
            problems.add("user stores: " + e);
        }
        return problems;
    }
}
