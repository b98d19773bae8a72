using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Node.Artifacts;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;
using Google.Protobuf;
using Grpc.Core;

namespace DistEmbed.Coordinator.Tests.Grpc;

/// <summary>Requests for files and pieces of files, as anybody with a connection may send them.</summary>
public sealed class NodeFilesFuzzTests : IDisposable
{
    private const int Piece = 1 << 18;

    private readonly TempFolder _folder = new();
    private readonly ArtifactShelf _shelf = new();
    private readonly CheckpointInbox _inbox = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mutated_requests_to_fetch_get_the_file_or_a_status()
    {
        string name = _shelf.Add(_folder.Write("served", new byte[100]));
        var service = new NodeFilesService(_shelf, _inbox);
        byte[][] good = [new FetchRequest { Name = name, Offset = 60 }.ToByteArray(), new FetchRequest { Name = name }.ToByteArray()];
        FuzzCount count = Fuzz.Run<RpcException>(good, bytes => service.Fetch(Parsed(FetchRequest.Parser, bytes), new Sink(), new Call()).GetAwaiter().GetResult(), free: 2 * Piece);
        count.ExpectShares(taken: 0.001);
    }

    [Fact]
    public void Mutated_requests_to_store_leave_no_file_but_the_one_that_was_announced()
    {
        string checkpoint = _folder.MakeFolder("checkpoint");
        _inbox.Begin("run", 3, checkpoint, 1);
        var service = new NodeFilesService(_shelf, _inbox);
        byte[] data = [1, 2, 3];
        StorePart header = new() { Header = new StoreHeader { Run = "run", Step = 3, FileName = "shard-0-of-1.rows", Length = 3, Sha256 = ArtifactName.Of(data) } };
        byte[][] good = [Parts(header, new StorePart { Data = ByteString.CopyFrom(data) }), Parts(header, new StorePart { Data = ByteString.CopyFrom(1) }, new StorePart { Data = ByteString.CopyFrom(2, 3) })];
        FuzzCount count = Fuzz.Run<RpcException>(good, bytes =>
        {
            var parts = new List<StorePart>();
            using var stream = new MemoryStream(bytes);
            try
            {
                while (stream.Position < stream.Length)
                    parts.Add(StorePart.Parser.ParseDelimitedFrom(stream));
            }
            catch (InvalidProtocolBufferException)
            {
                // What came before it has been taken; the call ends there.
            }

            service.Store(new Source(parts), new Call()).GetAwaiter().GetResult();
        }, bytesEach: 256);
        count.ExpectShares(taken: 0.0001);
        Assert.Equal(["shard-0-of-1.rows"], Directory.EnumerateFileSystemEntries(checkpoint).Select(Path.GetFileName));
        Assert.Equal(data, File.ReadAllBytes(Path.Combine(checkpoint, "shard-0-of-1.rows")));
    }

    [Fact]
    public void Mutated_pieces_are_never_more_than_was_announced()
    {
        byte[][] good = [Chunks(new FetchChunk { Length = 4, Data = ByteString.CopyFrom(1, 2) }, new FetchChunk { Data = ByteString.CopyFrom(3, 4) }, new FetchChunk()), Chunks(new FetchChunk())];
        int away = 0;
        FuzzCount count = Fuzz.Run<FilesRefusedException>(good, bytes =>
        {
            using var stream = new MemoryStream();
            long announced = -1;
            try
            {
                ArtifactDownload.ReceiveAsync("name", Pieces(bytes), stream, length => announced = length, () => { }, default).GetAwaiter().GetResult();
            }
            catch (Exception passing) when (passing is FilesAwayException or InvalidProtocolBufferException)
            {
                away++;
            }

            Assert.True(stream.Length <= Math.Max(0, announced), $"{stream.Length} of {announced}");
        }, bytesEach: 8192); // the parser's buffer for each piece, of a byte or more
        count.ExpectShares(taken: 0.01, refused: 0.01);
        Assert.InRange(away, Fuzz.Inputs / 100, Fuzz.Inputs);
    }

    private static async IAsyncEnumerable<FilePiece> Pieces(byte[] bytes)
    {
        await Task.CompletedTask;
        using var stream = new MemoryStream(bytes);
        while (stream.Position < stream.Length)
        {
            FetchChunk chunk = FetchChunk.Parser.ParseDelimitedFrom(stream);
            yield return new FilePiece(chunk.Length, chunk.Data.Memory);
        }
    }

    private static byte[] Parts(params StorePart[] parts) => Delimited(parts);

    private static byte[] Chunks(params FetchChunk[] chunks) => Delimited(chunks);

    private static byte[] Delimited(IEnumerable<IMessage> messages)
    {
        using var stream = new MemoryStream();
        foreach (IMessage message in messages)
            message.WriteDelimitedTo(stream);
        return stream.ToArray();
    }

    /// <summary>gRPC answers what does not parse with a status of its own, before the service is asked.</summary>
    private static T Parsed<T>(MessageParser<T> parser, byte[] bytes)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "no message"));
        }
    }

    private sealed class Sink : IServerStreamWriter<FetchChunk>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(FetchChunk message) => Task.CompletedTask;
    }

    private sealed class Source(List<StorePart> parts) : IAsyncStreamReader<StorePart>
    {
        private int _at = -1;

        public StorePart Current => parts[_at];

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(++_at < parts.Count);
    }

    private sealed class Call : ServerCallContext
    {
        protected override string MethodCore => "";

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = [];

        protected override CancellationToken CancellationTokenCore => default;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore { get; } = new("", []);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
