using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DistEmbed.Coordinator.Tests.Grpc;

public sealed class DoorTlsTests
{
    [Fact]
    public async Task Nodes_show_a_certificate_and_people_a_token_or_where_there_is_none_a_certificate()
    {
        using Certificates ours = new(), theirs = new();
        X509Certificate2 authority = ours.Authority, stranger = theirs.Authority;
        using X509Certificate2 door = ours.Sign("127.0.0.1"), node = ours.Sign("127.0.0.1"), fake = theirs.Sign("127.0.0.1");
        foreach (string? token in new[] { "open-sesame", null })
        {
            await using OpenDoor open = await OpenDoor.Start(token, new NodeTls(door, [authority]), map =>
                map.MapGet("/nodes", (RequestDelegate)(call => call.Response.WriteAsync("in"))).WithMetadata(DoorPolicy.Nodes));
            using DoorClient certified = new(open.Address, token, Tls(authority, node)), plain = new(open.Address, token, Tls(authority, null));
            await certified.Calls.GetStatusAsync(new GetStatusRequest());
            if (token is not null)
            {
                await plain.Calls.GetStatusAsync(new GetStatusRequest());
                using DoorClient without = new(open.Address, null, Tls(authority, node));
                Assert.Equal(StatusCode.Unauthenticated, await Refused(without));
            }
            else
            {
                Assert.Equal(StatusCode.Unauthenticated, await Refused(plain));
            }

            // A certificate of another authority ends the handshake, a door of another authority is not trusted, and there is no way in without TLS.
            using DoorClient forged = new(open.Address, token, Tls(authority, fake)), deceived = new(open.Address, token, Tls(stranger, null)), clear = new(open.Address, token, null);
            foreach (DoorClient client in new[] { forged, deceived, clear })
                await Assert.ThrowsAsync<IOException>(() => client.AskAsync(c => c.GetStatusAsync(new GetStatusRequest()).ResponseAsync));

            Assert.Equal("in", await Nodes(open, Tls(authority, node), null));
            Assert.Equal("16", await Nodes(open, Tls(authority, null), token));
        }

        static async Task<StatusCode> Refused(DoorClient client) =>
            (await Assert.ThrowsAsync<RpcException>(() => client.Calls.GetStatusAsync(new GetStatusRequest()).ResponseAsync)).StatusCode;
    }

    private static async Task<string> Nodes(OpenDoor open, SslClientAuthenticationOptions tls, string? token)
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = tls });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{open.Address}/nodes") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return answer.Headers.TryGetValues("grpc-status", out IEnumerable<string>? status) ? status.Single() : await answer.Content.ReadAsStringAsync();
    }

    private static SslClientAuthenticationOptions Tls(X509Certificate2 authority, X509Certificate2? shown)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy, ClientCertificates = shown is null ? null : [shown] };
    }
}
