# A parameter server: no libtorch in it. Built from the root of the checkout: see README.md beside it.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish ParameterServer -c Release -o /app \
    && install -m 755 deploy/docker/health.sh /app/health

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# The one place it writes to; named volumes take its owner over.
RUN install -d -o $APP_UID -g $APP_UID /var/lib/distembed
USER $APP_UID
VOLUME /var/lib/distembed
ENV DISTEMBED_CACHE=/var/lib/distembed/cache DISTEMBED_METRICS_PORT=4103
ENV DISTEMBED_CLUSTER_PORT=4101 DISTEMBED_ROW_PORT=4102
EXPOSE 4101 4102 4103
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["/app/health", "live"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/distembed-ps"]
