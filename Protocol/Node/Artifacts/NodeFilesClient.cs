using System.Runtime.CompilerServices;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Control;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>Fetches files from the coordinator and stores shard files there. Thread-safe.</summary>
public sealed class NodeFilesClient : IDisposable
{
    private const int ChunkBytes = 1 << 18;

    /// <summary>A connection on which nothing comes is asked for a sign of life, and given up without one: a machine that is gone closes no connection.</summary>
    private static readonly TimeSpan s_sign = TimeSpan.FromSeconds(10);

    private readonly GrpcChannel _channel;
    private readonly NodeFiles.NodeFilesClient _client;
    private readonly Metadata _headers = [];
    private readonly Action<string> _tell;

    /// <summary>Names the coordinator; connects when first used.</summary>
    /// <param name="address">Its <c>NodeAccepted.FilesAddress</c>: <c>HOST:PORT</c>, or an http or https address.</param>
    /// <param name="tls">TLS with the node's certificate; null: none.</param>
    /// <param name="token">The token that gRPC asks for; null: none.</param>
    /// <param name="tell">Gets lines for the log.</param>
    public NodeFilesClient(string address, NodeTls? tls, string? token, Action<string> tell)
    {
        var uri = new Uri(address.Contains("://", StringComparison.Ordinal) ? address : $"{(tls is null ? "http" : "https")}://{address}");
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = s_sign,
            KeepAlivePingDelay = s_sign,
            KeepAlivePingTimeout = s_sign,
            UseProxy = false,
        };
        if (tls is not null)
            handler.SslOptions = tls.ClientOptions(uri.IdnHost);
        _channel = GrpcChannel.ForAddress(uri, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _client = new NodeFiles.NodeFilesClient(_channel);
        if (token is not null)
            _headers.Add("authorization", $"Bearer {token}");
        _tell = tell;
    }

    /// <summary>Fetches a file from an offset on; a <see cref="FileSource"/>.</summary>
    public async IAsyncEnumerable<FilePiece> FetchAsync(string name, long offset, [EnumeratorCancellation] CancellationToken stop)
    {
        using AsyncServerStreamingCall<FetchChunk> call = _client.Fetch(new FetchRequest { Name = name, Offset = offset }, _headers, cancellationToken: stop);
        long length = -1;
        while (await AskAsync(() => call.ResponseStream.MoveNext(stop), stop).ConfigureAwait(false))
        {
            FetchChunk chunk = call.ResponseStream.Current;
            if (length < 0)
                length = chunk.Length;
            yield return new FilePiece(length, chunk.Data.Memory);
        }
    }

    /// <summary>Stores a shard's file in the checkpoint that the coordinator is writing; tries again while it is away.</summary>
    /// <param name="run">Name of the run.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="path">The file.</param>
    /// <param name="file">Its name there, its length and its checksum.</param>
    /// <param name="stop">Ends the trying.</param>
    /// <exception cref="FilesRefusedException">The coordinator does not take it: no such checkpoint is being written, the disk is full, the file differs from <paramref name="file"/>.</exception>
    public Task StoreAsync(string run, int step, string path, ShardFileInfo file, CancellationToken stop) =>
        new Patience(_tell).TryAsync($"storing {file.FileName} of step {step}", _ => StoreOnceAsync(run, step, path, file, stop), stop);

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken stop)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (RpcException failure) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(failure.Status.Detail, failure, stop);
        }
        catch (RpcException failure)
        {
            string reason = $"{failure.StatusCode}: {failure.Status.Detail}";
            throw failure.StatusCode switch
            {
                StatusCode.NotFound or StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted
                    or StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.Unimplemented or StatusCode.DataLoss
                    => new FilesRefusedException(reason, failure),
                _ => new FilesAwayException(reason, failure),
            };
        }
    }

    private async Task<bool> StoreOnceAsync(string run, int step, string path, ShardFileInfo file, CancellationToken stop)
    {
        using AsyncClientStreamingCall<StorePart, StoreReply> call = _client.Store(_headers, cancellationToken: stop);
        try
        {
            var header = new StoreHeader { Run = run, Step = step, FileName = file.FileName, Length = file.Bytes, Sha256 = file.Sha256 };
            await call.RequestStream.WriteAsync(new StorePart { Header = header }, stop).ConfigureAwait(false);
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var buffer = new byte[ChunkBytes];
            for (int read; (read = await stream.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0;)
            {
                var part = new StorePart { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
                await call.RequestStream.WriteAsync(part, stop).ConfigureAwait(false);
            }

            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or InvalidOperationException or HttpRequestException or HttpIOException)
        {
            // The coordinator has ended the call, which shows as any of these where a part is just being written; the reply below says why.
        }

        StoreReply reply = await AskAsync(() => call.ResponseAsync, stop).ConfigureAwait(false);
        return reply.Length == file.Bytes && reply.Sha256 == file.Sha256
            ? true
            : throw new FilesRefusedException($"{file.FileName}: {reply.Length} bytes with SHA-256 {reply.Sha256} were stored, not {file.Bytes} with {file.Sha256}");
    }
}
