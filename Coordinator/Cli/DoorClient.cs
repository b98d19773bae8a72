using System.Net.Security;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Control;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using InputError = DistEmbed.Protocol.InputError;

namespace DistEmbed.Coordinator.Cli;

/// <summary>
/// The active coordinator, seen from the command line: its refusals are errors of the user's input (exit code 2), everything else fails (exit code 3). Where the user
/// names several, calls go to the one that is active.
/// </summary>
public sealed class DoorClient : IDisposable
{
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_findLimit = TimeSpan.FromSeconds(5);
    private static readonly StatusCode[] s_refusals =
    [
        StatusCode.InvalidArgument, StatusCode.FailedPrecondition, StatusCode.NotFound, StatusCode.Unauthenticated, StatusCode.PermissionDenied, StatusCode.ResourceExhausted,
    ];

    private readonly List<(string Address, GrpcChannel Channel, TrainingControl.TrainingControlClient Calls)> _doors;
    private volatile int _active;

    /// <summary>Names a coordinator; the connection is made by the first call.</summary>
    /// <param name="address"><c>HOST:PORT</c>.</param>
    /// <param name="token">The token; null: none.</param>
    /// <param name="tls">How TLS is done; null: there is none.</param>
    public DoorClient(string address, string? token, SslClientAuthenticationOptions? tls)
        : this([address], token, tls)
    {
    }

    /// <summary>Names the coordinators of a cluster, of which one is active.</summary>
    /// <param name="addresses">Each <c>HOST:PORT</c>.</param>
    /// <param name="token">The token; null: none.</param>
    /// <param name="tls">How TLS is done; null: there is none.</param>
    public DoorClient(IReadOnlyList<string> addresses, string? token, SslClientAuthenticationOptions? tls) =>
        _doors = [.. addresses.Select(address => Open(address, token, tls))];

    /// <summary>Where the coordinator is that was found to be active last; before that, the first one.</summary>
    public string Address => _doors[_active].Address;

    /// <summary>The calls of that coordinator.</summary>
    public TrainingControl.TrainingControlClient Calls => _doors[_active].Calls;

    /// <summary>Whether there are several coordinators, of which another may become the active one.</summary>
    public bool HasSeveral => _doors.Count > 1;

    /// <summary>Looks for the active coordinator where there are several. One alone is taken for it, and says so itself if it is not.</summary>
    /// <exception cref="InvalidInputException">One refuses: the token, say.</exception>
    /// <exception cref="IOException">None is active.</exception>
    public async Task FindActiveAsync()
    {
        if (!HasSeveral)
            return;
        var reasons = new List<string>();
        RpcException? last = null;
        foreach (int i in Enumerable.Range(0, _doors.Count).OrderBy(i => i == _active ? 0 : 1))
        {
            try
            {
                await _doors[i].Calls.GetStatusAsync(new GetStatusRequest(), deadline: DateTime.UtcNow + s_findLimit).ResponseAsync.ConfigureAwait(false);
                _active = i;
                return;
            }
            catch (RpcException refusal) when (s_refusals.Contains(refusal.StatusCode) && !StandsByTrailer.IsIn(refusal))
            {
                throw new InvalidInputException(new InputError(_doors[i].Address, refusal.Status.Detail, ""), refusal);
            }
            catch (RpcException failure)
            {
                last = failure;
                reasons.Add($"{_doors[i].Address}: {Cause(failure)}");
            }
        }

        throw new IOException($"no coordinator is active. {string.Join(" ", reasons)}", last);
    }

    /// <summary>Makes calls.</summary>
    /// <exception cref="InvalidInputException">The coordinator refuses: every error.</exception>
    /// <exception cref="IOException">No coordinator answers, or it fails.</exception>
    public async Task<T> AskAsync<T>(Func<TrainingControl.TrainingControlClient, Task<T>> ask)
    {
        await FindActiveAsync().ConfigureAwait(false);
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

    /// <summary>Whether a question failed for a reason that passes: nobody is there, or one that stands by, or one whose turn ends and that does not answer in time.</summary>
    public static bool MayPass(RpcException failure) => IsGone(failure) || failure.StatusCode == StatusCode.DeadlineExceeded || StandsByTrailer.IsIn(failure);

    /// <inheritdoc/>
    public void Dispose() => _doors.ForEach(door => door.Channel.Dispose());

    private static (string Address, GrpcChannel Channel, TrainingControl.TrainingControlClient Calls) Open(string address, string? token, SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = s_connectLimit, KeepAlivePingDelay = TimeSpan.FromSeconds(30), KeepAlivePingTimeout = TimeSpan.FromSeconds(20), UseProxy = false };
        if (tls is not null)
            handler.SslOptions = tls;
        var channel = GrpcChannel.ForAddress($"{(tls is null ? "http" : "https")}://{address}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = GrpcDoor.LargestReply });
        string user = Caller.Printable($"{Environment.UserName}@{Environment.MachineName}");
        return (address, channel, new TrainingControl.TrainingControlClient(channel.Intercept(metadata =>
        {
            metadata.Add(Caller.UserEntry, user);
            if (token is not null)
                metadata.Add("authorization", $"Bearer {token}");
            return metadata;
        })));
    }

    private static string Cause(RpcException failure)
    {
        // What happened lies at the bottom: "connection refused", not "error starting a call".
        Exception? cause = failure.Status.DebugException;
        while (cause?.InnerException is { } inner)
            cause = inner;
        return cause?.Message ?? failure.Status.Detail;
    }
}
