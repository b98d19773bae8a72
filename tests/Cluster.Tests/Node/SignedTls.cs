using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

internal static class SignedTls
{
    /// <summary>A node's TLS: a certificate of an authority, and trust in this authority.</summary>
    public static NodeTls Tls(this Certificates authority, string host) => new(authority.Sign(host), [authority.Authority]);
}
