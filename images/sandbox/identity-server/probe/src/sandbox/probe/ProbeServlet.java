package sandbox.probe;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.naming.NamingException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.wso2.carbon.user.api.UserStoreException;

/** What tests ask a node: see the endpoints in {@link #answer}. Every answer is JSON and names the node. */
final class ProbeServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final int MAX_DELAY_MILLIS = 60_000;
    private static final int MAX_TEXT = 128;
    private static final int MAX_HELD = 1000;
    private static final int DEFAULT_ROWS = 1000;
    private static final int MAX_ROWS = 100_000;
    private static final String COUNTER = "probe.counter";

    private final transient String node;
    private final transient Health health;
    private final transient UserDatabase database;
    private final transient Users users;
    private final transient Deliveries deliveries = new Deliveries();

    /** A request that the probe does not understand; the message is for the caller. */
    private static final class BadRequest extends Exception {
        private static final long serialVersionUID = 1L;

        BadRequest(String message) {
            super(message);
        }
    }

    ProbeServlet(String node, Health health, UserDatabase database, Users users) {
        this.node = node;
        this.health = health;
        this.database = database;
        this.users = users;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("node", node);
        int status;
        try {
            status = answer(request, body);
        } catch (BadRequest e) {
            status = HttpServletResponse.SC_BAD_REQUEST;
            body.put("error", e.getMessage());
        } catch (SQLException | NamingException | UserStoreException e) {
            status = HttpServletResponse.SC_SERVICE_UNAVAILABLE;
            body.put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            status = HttpServletResponse.SC_SERVICE_UNAVAILABLE;
            body.put("error", "interrupted: the server is stopping");
        }
        response.setStatus(status);
        response.setHeader("X-Probe-Node", node);
        response.setHeader("Cache-Control", "no-store");
        response.setContentType("application/json");
        response.setCharacterEncoding("UTF-8");
        byte[] bytes = (Json.of(body) + "\n").getBytes(StandardCharsets.UTF_8);
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }

    /** Fills the body and returns the status. */
    private int answer(HttpServletRequest request, Map<String, Object> body)
            throws BadRequest, IOException, InterruptedException, NamingException, SQLException,
                    UserStoreException {
        Map<String, String> query = query(request);
        String endpoint = request.getMethod() + " " + request.getPathInfo();
        switch (endpoint) {
            case "GET /health", "HEAD /health" -> {
                body.putAll(health.describe());
                return "UP".equals(body.get("status"))
                        ? HttpServletResponse.SC_OK : HttpServletResponse.SC_SERVICE_UNAVAILABLE;
            }
            case "GET /session" -> session(request, body);
            case "GET /echo", "POST /echo" -> echo(request, body);
            case "GET /slow", "POST /slow" -> body.put("waitedMillis", hold(query));
            case "POST /write" -> {
                String id = text(query, "id");
                String key = text(query, "key");
                body.put("id", id);
                body.put("key", key);
                body.put("deliveries", deliveries.record(key, id));
                database.write(id, key, node);
                hold(query);
            }
            case "POST /pool" -> body.put("held", database.hold(
                    number(query, "connections", 1, MAX_HELD), number(query, "ms", 0, MAX_DELAY_MILLIS)));
            case "GET /user-store" -> body.put("roleExists", users.query(text(query, "domain")));
            case "POST /user-store" -> users.addStore(text(query, "domain"), text(query, "pool"));
            case "POST /user" -> users.add(text(query, "name"), text(query, "password"));
            case "POST /authenticate" -> body.put("authenticated",
                    users.authenticate(text(query, "name"), text(query, "password")));
            case "GET /count" -> body.putAll(database.count(text(query, "key")));
            case "GET /rows" -> body.put("rows", database.rows(text(query, "key"),
                    number(query, "limit", DEFAULT_ROWS, MAX_ROWS)));
            case "GET /deliveries" -> {
                if (query.containsKey("key")) {
                    body.putAll(deliveries.summary(text(query, "key")));
                } else {
                    body.put("deliveries", deliveries.of(text(query, "id")));
                }
            }
            default -> {
                body.put("error", "the probe has no endpoint " + endpoint);
                return HttpServletResponse.SC_NOT_FOUND;
            }
        }
        return HttpServletResponse.SC_OK;
    }

    private static void session(HttpServletRequest request, Map<String, Object> body) {
        HttpSession session = request.getSession();
        int counter;
        synchronized (session) {
            Object before = session.getAttribute(COUNTER);
            counter = before == null ? 1 : (Integer) before + 1;
            session.setAttribute(COUNTER, counter);
        }
        body.put("counter", counter);
        body.put("sessionId", session.getId());
    }

    private static void echo(HttpServletRequest request, Map<String, Object> body) throws IOException {
        Map<String, Object> headers = new TreeMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            headers.put(name.toLowerCase(Locale.ROOT), Collections.list(request.getHeaders(name)));
        }
        body.put("method", request.getMethod());
        body.put("protocol", request.getProtocol());
        body.put("scheme", request.getScheme());
        body.put("secure", request.isSecure());
        body.put("serverName", request.getServerName());
        body.put("serverPort", request.getServerPort());
        body.put("requestURL", request.getRequestURL().toString());
        body.put("queryString", request.getQueryString());
        body.put("remoteAddr", request.getRemoteAddr());
        body.put("remotePort", request.getRemotePort());
        body.put("headers", headers);
        body.put("bodyLength", length(request.getInputStream()));
    }

    private static long length(InputStream stream) throws IOException {
        byte[] buffer = new byte[8192];
        long length = 0;
        for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
            length += read;
        }
        return length;
    }

    private static int hold(Map<String, String> query) throws BadRequest, InterruptedException {
        int millis = number(query, "ms", 0, MAX_DELAY_MILLIS);
        Thread.sleep(millis);
        return millis;
    }

    private static String text(Map<String, String> query, String name) throws BadRequest {
        String value = query.get(name);
        if (value == null || value.isEmpty() || value.length() > MAX_TEXT) {
            throw new BadRequest("the query parameter '" + name + "' must have 1 to " + MAX_TEXT + " characters");
        }
        return value;
    }

    private static int number(Map<String, String> query, String name, int fallback, int max) throws BadRequest {
        String value = query.get(name);
        if (value == null) {
            return fallback;
        }
        if (!value.matches("[0-9]{1,9}")) {
            throw new BadRequest("the query parameter '" + name + "' must be a whole number, found '" + value + "'");
        }
        return Math.min(Integer.parseInt(value), max);
    }

    /** From the URL alone: asking the request for a parameter would consume a form's body. */
    private static Map<String, String> query(HttpServletRequest request) {
        Map<String, String> query = new LinkedHashMap<>();
        if (request.getQueryString() != null) {
            for (String pair : request.getQueryString().split("&")) {
                String[] parts = pair.split("=", 2);
                query.put(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "");
            }
        }
        return query;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
