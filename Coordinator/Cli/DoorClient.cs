using System.Net.Security;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Control;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using InputError = DistEmbed.Protocol.InputError;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A coordinator, seen from the command line: its refusals are errors of the user's input (exit code 2), everything else fails (exit code 3).</summary>
public sealed class DoorClient : IDisposable
{
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(10);
    private static readonly StatusCode[] s_refusals =
    [
        StatusCode.InvalidArgument, StatusCode.FailedPrecondition, StatusCode.NotFound, StatusCode.Unauthenticated, StatusCode.PermissionDenied, StatusCode.ResourceExhausted,
    ];

    private readonly GrpcChannel _channel;

    /// <summary>Names a coordinator; the connection is made by the first call.</summary>
    /// <param name="address"><c>HOST:PORT</c>.</param>
    /// <param name="token">The token; null: none.</param>
    /// <param name="tls">How TLS is done; null: there is none.</param>
    public DoorClient(string address, string? token, SslClientAuthenticationOptions? tls)
    {
        Address = address;
        var handler = new SocketsHttpHandler { ConnectTimeout = s_connectLimit, KeepAlivePingDelay = TimeSpan.FromSeconds(30), KeepAlivePingTimeout = TimeSpan.FromSeconds(20), UseProxy = false };
        if (tls is not null)
            handler.SslOptions = tls;
        _channel = GrpcChannel.ForAddress($"{(tls is null ? "http" : "https")}://{address}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = GrpcDoor.LargestReply });
        string user = Caller.Printable($"{Environment.UserName}@{Environment.MachineName}");
        Calls = new TrainingControl.TrainingControlClient(_channel.Intercept(metadata =>
        {
            metadata.Add(Caller.UserEntry, user);
            if (token is not null)
                metadata.Add("authorization", $"Bearer {token}");
            return metadata;
        }));
    }

    /// <summary>Where the coordinator is.</summary>
    public string Address { get; }

    /// <summary>The calls.</summary>
    public TrainingControl.TrainingControlClient Calls { get; }

    /// <summary>Makes calls.</summary>
    /// <exception cref="InvalidInputException">The coordinator refuses: every error.</exception>
    /// <exception cref="IOException">No coordinator answers, or it fails.</exception>
    public async Task<T> AskAsync<T>(Func<TrainingControl.TrainingControlClient, Task<T>> ask)
    {
        try
        {
            return await ask(Calls).ConfigureAwait(false);
        }
        catch (RpcException refusal) when (InputErrorTrailer.Errors(refusal) is { Count: > 0 } errors)
        {
            throw new InvalidInputException(errors);
        }
        catch (RpcException refusal) when (s_refusals.Contains(refusal.StatusCode))
        {
            throw new InvalidInputException(new InputError(Address, refusal.Status.Detail, ""), refusal);
        }
        catch (RpcException failure)
        {
            throw new IOException(IsGone(failure) ? $"no coordinator answers at {Address}: {Cause(failure)}" : $"{Address}: {failure.Status.Detail} ({failure.StatusCode})", failure);
        }
    }

    /// <summary>Whether a call failed because nobody is there, or is no longer.</summary>
    public static bool IsGone(RpcException failure) => failure.StatusCode == StatusCode.Unavailable || failure.Status.DebugException is HttpRequestException or IOException;

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static string Cause(RpcException failure)
    {
        // What happened lies at the bottom: "connection refused", not "error starting a call".
        Exception? cause = failure.Status.DebugException;
        while (cause?.InnerException is { } inner)
            cause = inner;
        return cause?.Message ?? failure.Status.Detail;
    }
}
