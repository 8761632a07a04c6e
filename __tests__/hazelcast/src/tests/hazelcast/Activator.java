package tests.hazelcast;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.http.HttpService;
import org.osgi.service.http.NamespaceException;
import org.osgi.util.tracker.ServiceTracker;
import org.wso2.carbon.core.ServerStartupObserver;

/**
 * Answers where Identity Server's health check is, 200 once the server has started, and tells of the cluster: GET /cluster has a line for
 * each member and for each word heard, POST /cluster?say=WORD sends a word to all members.
 */
public final class Activator implements BundleActivator {
    static final Set<String> HEARD = ConcurrentHashMap.newKeySet();

    private volatile boolean started;
    private ServiceTracker<HttpService, HttpService> services;

    @Override
    public void start(BundleContext context) {
        context.registerService(ServerStartupObserver.class, new ServerStartupObserver() {
            @Override
            public void completingServerStartup() {
                // Not yet.
            }

            @Override
            public void completedServerStartup() {
                started = true;
            }
        }, null);
        services = new ServiceTracker<>(context, HttpService.class, null) {
            @Override
            public HttpService addingService(ServiceReference<HttpService> reference) {
                HttpService http = super.addingService(reference);
                try {
                    http.registerServlet("/api/health-check/v1.0/health", new Health(), null, null);
                    http.registerServlet("/cluster", new Cluster(), null, null);
                } catch (ServletException | NamespaceException e) {
                    throw new IllegalStateException(e);
                }
                return http;
            }
        };
        services.open();
    }

    @Override
    public void stop(BundleContext context) {
        services.close();
    }

    private final class Health extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) {
            response.setStatus(started ? 200 : 503);
        }
    }

    private static final class Cluster extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            String members = Agent.running().hazelcast().getCluster().getMembers().stream()
                .map(member -> "member " + member.getAddress().getHost() + ":" + member.getAddress().getPort()
                    + " " + member.getUuid() + "\n")
                .sorted().collect(Collectors.joining());
            String heard = HEARD.stream().map(word -> "heard " + word + "\n").sorted().collect(Collectors.joining());
            response.setContentType("text/plain");
            response.getWriter().print(members + heard);
        }

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) {
            Agent.running().words().publish(request.getParameter("say"));
        }
    }
}
