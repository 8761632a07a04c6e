package sandbox.probe;

import javax.servlet.ServletException;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.service.http.HttpService;
import org.osgi.service.http.NamespaceException;
import org.osgi.util.tracker.ServiceTracker;
import org.wso2.carbon.core.ServerStartupObserver;

/** Hooks the probe into the server: the servlet into its HTTP service, the health check into its start-up. */
public final class Activator implements BundleActivator {
    private static final String ALIAS = "/probe";
    private static final String SCIM_ALIAS = "/scim2";

    private ServiceTracker<HttpService, HttpService> httpServices;

    @Override
    public void start(BundleContext context) {
        Pools pools = new Pools();
        Users users = new Users(context);
        Health health = new Health(pools, users);
        context.registerService(ServerStartupObserver.class, health, null);
        // The server reports its start complete, and opens its port, before the bundles that serve web pages start.
        context.addFrameworkListener(event -> {
            if (event.getType() == FrameworkEvent.STARTED || event.getType() == FrameworkEvent.STARTLEVEL_CHANGED) {
                health.allBundlesStarted();
            }
        });
        ProbeServlet servlet = new ProbeServlet(Node.name(), health, new UserDatabase(pools), users);
        MeServlet me = new MeServlet(users);
        httpServices = new ServiceTracker<>(context, HttpService.class, null) {
            @Override
            public HttpService addingService(ServiceReference<HttpService> reference) {
                HttpService http = super.addingService(reference);
                try {
                    http.registerServlet(ALIAS, servlet, null, null);
                    http.registerServlet(SCIM_ALIAS, me, null, null);
                } catch (ServletException | NamespaceException e) {
                    throw new IllegalStateException("The probe could not be registered at " + ALIAS + " and " + SCIM_ALIAS, e);
                }
                return http;
            }

            @Override
            public void removedService(ServiceReference<HttpService> reference, HttpService http) {
                http.unregister(ALIAS);
                http.unregister(SCIM_ALIAS);
                super.removedService(reference, http);
            }
        };
        httpServices.open();
    }

    @Override
    public void stop(BundleContext context) {
        httpServices.close();
    }
}
