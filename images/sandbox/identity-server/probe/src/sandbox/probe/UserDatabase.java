package sandbox.probe;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** The server's own connection pool for its user database, and the probe's table in it. */
final class UserDatabase {
    private final Pools pools;

    UserDatabase(Pools pools) {
        this.pools = pools;
    }

    /** Takes connections out of the pool and gives them back after {@code millis}. */
    int hold(int connections, int millis) throws SQLException, NamingException, InterruptedException {
        List<Connection> held = new ArrayList<>();
        try {
            for (int number = 0; number < connections; number++) {
                held.add(pool().getConnection());
            }
            Thread.sleep(millis);
            return held.size();
        } finally {
            for (Connection connection : held) {
                connection.close();
            }
        }
    }

    void write(String id, String key, String node) throws SQLException, NamingException {
        String sql = "INSERT INTO PROBE_WRITES (PW_ID, PW_KEY, PW_NODE) VALUES (?, ?, ?)";
        try (Connection connection = pool().getConnection();
                PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, id);
            insert.setString(2, key);
            insert.setString(3, node);
            insert.executeUpdate();
            commit(connection);
        }
    }

    /** Rows and distinct ids under the key; a difference means that a request was processed more than once. */
    Map<String, Object> count(String key) throws SQLException, NamingException {
        Map<String, Object> counts = select(
                "SELECT COUNT(*) AS \"rows\", COUNT(DISTINCT PW_ID) AS \"distinctIds\" FROM PROBE_WRITES"
                        + " WHERE PW_KEY = ?",
                key, 1).get(0);
        counts.put("duplicates", select(
                "SELECT PW_ID AS \"id\", COUNT(*) AS \"rows\" FROM PROBE_WRITES WHERE PW_KEY = ?"
                        + " GROUP BY PW_ID HAVING COUNT(*) > 1 ORDER BY PW_ID",
                key, 1000));
        return counts;
    }

    List<Map<String, Object>> rows(String key, int limit) throws SQLException, NamingException {
        return select(
                "SELECT PW_ID AS \"id\", PW_NODE AS \"node\", PW_WRITTEN_AT AS \"writtenAt\" FROM PROBE_WRITES"
                        + " WHERE PW_KEY = ? ORDER BY PW_WRITTEN_AT, PW_ID",
                key, limit);
    }

    private List<Map<String, Object>> select(String sql, String key, int limit) throws SQLException, NamingException {
        try (Connection connection = pool().getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, key);
            query.setMaxRows(limit);
            List<Map<String, Object>> rows = new ArrayList<>();
            try (ResultSet result = query.executeQuery()) {
                int columns = result.getMetaData().getColumnCount();
                while (result.next()) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    for (int column = 1; column <= columns; column++) {
                        row.put(result.getMetaData().getColumnLabel(column), result.getObject(column));
                    }
                    rows.add(row);
                }
            }
            commit(connection);
            return rows;
        }
    }

    /**
     * Ends the transaction of a pool with defaultAutoCommit=false, after reads as well: without commitOnReturn the pool
     * would roll the write back, or hand the connection on "idle in transaction".
     */
    private static void commit(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.commit();
        }
    }

    private DataSource pool() throws NamingException {
        return pools.find(Pools.USERS);
    }
}
