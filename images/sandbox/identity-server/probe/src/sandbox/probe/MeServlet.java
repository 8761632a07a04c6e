package sandbox.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.wso2.carbon.user.api.UserStoreException;

/**
 * Stand-in for the one resource of Identity Server's SCIM that the commands use, {@code /scim2/Me}, which the kernel does not have:
 * GET tells whether a user can log in, PATCH with a password changes the own one. The user store behind it is the server's.
 */
final class MeServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Pattern PASSWORD = Pattern.compile("\"password\"\\s*:\\s*\"([^\"\\\\]+)\"");
    private static final int MAX_BODY = 65_536;

    private final transient Users users;

    MeServlet(Users users) {
        this.users = users;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String[] credentials = credentials(request.getHeader("Authorization"));
        int status;
        try {
            if (!"/Me".equals(request.getPathInfo())) {
                status = HttpServletResponse.SC_NOT_FOUND;
            } else if (credentials == null || !users.authenticate(credentials[0], credentials[1])) {
                status = HttpServletResponse.SC_UNAUTHORIZED;
            } else {
                status = answer(request, credentials);
            }
        } catch (UserStoreException e) {
            status = HttpServletResponse.SC_INTERNAL_SERVER_ERROR;
        }
        response.setStatus(status);
        response.setHeader("Cache-Control", "no-store");
        response.setContentType("application/scim+json");
        String name = status == HttpServletResponse.SC_OK ? Json.of(Map.of("userName", credentials[0])) : "{}";
        response.getOutputStream().write(name.getBytes(StandardCharsets.UTF_8));
    }

    private int answer(HttpServletRequest request, String[] credentials) throws IOException, UserStoreException {
        switch (request.getMethod()) {
            case "GET" -> {
                return HttpServletResponse.SC_OK;
            }
            case "PATCH" -> {
                byte[] body = request.getInputStream().readNBytes(MAX_BODY);
                Matcher password = PASSWORD.matcher(new String(body, StandardCharsets.UTF_8));
                if (!password.find()) {
                    return HttpServletResponse.SC_BAD_REQUEST;
                }
                users.changePassword(credentials[0], credentials[1], password.group(1));
                return HttpServletResponse.SC_OK;
            }
            default -> {
                return HttpServletResponse.SC_METHOD_NOT_ALLOWED;
            }
        }
    }

    /** User name and password of Basic authentication; null without any. */
    private static String[] credentials(String header) {
        if (header == null || !header.startsWith("Basic ")) {
            return null;
        }
        try {
            byte[] text = Base64.getDecoder().decode(header.substring("Basic ".length()).trim());
            String[] parts = new String(text, StandardCharsets.UTF_8).split(":", 2);
            return parts.length == 2 ? parts : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
