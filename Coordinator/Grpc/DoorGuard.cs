using System.Security.Cryptography;
using System.Text;
using DistEmbed.Protocol.Node;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Lets a call through, or answers it before anything of it is read.</summary>
/// <param name="options">The token, and whether there is TLS.</param>
internal sealed class DoorGuard(NodeOptions options)
{
    private const string Scheme = "Bearer ";
    private readonly byte[]? _token = options.Token is { } token ? Digest(token) : null;

    /// <summary>Answers a call that may not pass.</summary>
    public Task InvokeAsync(HttpContext call, RequestDelegate next)
    {
        DoorPolicy policy = call.GetEndpoint()?.Metadata.GetMetadata<DoorPolicy>() ?? DoorPolicy.People;
        if (Refusal(policy, call) is not { } refusal)
            return next(call);
        // A gRPC answer without a message: its status stands among the headers.
        call.Response.ContentType = "application/grpc";
        call.Response.Headers["grpc-status"] = ((int)StatusCode.Unauthenticated).ToString();
        call.Response.Headers["grpc-message"] = refusal;
        return Task.CompletedTask;
    }

    private string? Refusal(DoorPolicy policy, HttpContext call)
    {
        if (policy == DoorPolicy.Anyone)
            return null;
        // The handshake has ended connections with a certificate that the authority did not sign.
        bool certified = call.Connection.ClientCertificate is not null;
        if (options.Tls is not null && policy == DoorPolicy.Nodes)
            return certified ? null : "This service is for nodes: show a certificate that the cluster's authority signed.";
        if (_token is not null)
            return TokenRefusal(call.Request.Headers.Authorization.ToString());
        return options.Tls is null || certified ? null : "The coordinator has no token, so it asks for a certificate that its authority signed: give --tls-certificate and --tls-key.";
    }

    private string? TokenRefusal(string authorization)
    {
        if (authorization.Length == 0)
            return "The coordinator asks for a token: give --token-file.";
        bool known = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Digest(authorization[Scheme.Length..].Trim()), _token);
        return known ? null : "The token is not the coordinator's: check --token-file.";
    }

    // Digests have one length, so that the time of the comparison does not tell the token's.
    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
