using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Control;
using DistEmbed.Testing.Fuzzing;
using Google.Protobuf;
using Grpc.Core;

namespace DistEmbed.Coordinator.Tests.Grpc;

/// <summary>What strangers send costs them the connection or the call; the door answers afterwards.</summary>
public sealed class GarbageTests
{
    private static readonly byte[] s_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private static readonly IMessage[] s_requests =
    [
        new SubmitRequest { JobJson = "{ \"name\": \"kim\" }", Settings = { "a=1", "b=2" }, RunDirectory = "kim-1" },
        new WatchStatusRequest { IntervalMilliseconds = 500 },
        new ChangeFreezeRequest { Group = "embedding", Frozen = true },
        new SetLearningRateRequest { Group = "embedding", LearningRate = 0.1 },
        new DrainRequest { Node = "w-1" },
        new ListArtifactsRequest { Run = "kim-1" },
        new DownloadArtifactRequest { Run = "kim-1", Name = "result.json" },
        new InputErrors { Errors = { new InputError { Where = "a", What = "b", Fix = "c" } }, Omitted = 3 },
        Statuses.Training.ToWire(),
    ];

    public static TheoryData<string> Kinds => new("random", "http/1", "tls", "settings", "huge frame", "header bomb", "bad hpack", "preface alone", "zeros");

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Bytes_that_are_no_HTTP2_end_the_connection_and_are_told_once(string kind)
    {
        OpenDoor open = await OpenDoor.Start();
        await using (open)
        {
            using (var socket = new TcpClient())
            {
                await socket.ConnectAsync(IPEndPoint.Parse(open.Address));
                NetworkStream stream = socket.GetStream();
                try
                {
                    await stream.WriteAsync(Garbage(kind, new Random(17)));
                    socket.Client.Shutdown(SocketShutdown.Send);
                    using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
                    byte[] rest = new byte[4096];
                    while (await stream.ReadAsync(rest, deadline.Token) > 0)
                        continue;
                }
                catch (IOException)
                {
                    // The door may reset the connection; what counts is that it ends.
                }
            }

            using DoorClient client = open.Client();
            await client.Calls.GetStatusAsync(new GetStatusRequest());
        }

        // Every connection has ended with the door, so nothing more can be told.
        Assert.StartsWith("Warning: Refused what 127.0.0.1:", Assert.Single(open.Log), StringComparison.Ordinal);
    }

    [Fact]
    public void Parsers_take_100000_mutated_messages_or_refuse_them_as_malformed()
    {
        // Which message the bytes are is told beside them, by the path of the call: here by the first byte.
        byte[][] good = [.. s_requests.Select((request, i) => (byte[])[(byte)i, .. request.ToByteArray()])];
        FuzzCount count = Fuzz.Run<InvalidProtocolBufferException>(good, bytes =>
        {
            if (bytes.Length == 0)
                return;
            IMessage read = s_requests[bytes[0] % s_requests.Length].Descriptor.Parser.ParseFrom(bytes, 1, bytes.Length - 1);
            if (read is Protocol.Control.ClusterStatus status)
                Assert.NotEmpty(ClusterView.Lines(status.FromWire()));
        }, bytesEach: 512);
        count.ExpectShares(taken: 0.01);
    }

    [Fact]
    public void Mutated_trailers_of_errors_are_read_or_left()
    {
        byte[] good = InputErrorTrailer.Refusal([new("a", "b", "c"), new("d", "e", "f")]).Trailers.GetValueBytes(InputErrorTrailer.Name)!;
        Fuzz.Run<InvalidOperationException>([good], bytes =>
            InputErrorTrailer.Errors(new RpcException(new Status(StatusCode.InvalidArgument, ""), new Metadata { { InputErrorTrailer.Name, bytes } })), bytesEach: 512);
    }

    [Fact]
    public async Task Mutated_requests_over_the_wire_get_a_status_and_the_door_lives()
    {
        const int Seed = 42;
        var random = new Random(Seed);
        await using OpenDoor open = await OpenDoor.Start();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{open.Address}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        string[] methods = ["Submit", "ChangeFreeze", "SetLearningRate", "Drain", "ListArtifacts", "DownloadArtifact", "NoSuchMethod"];
        int malformed = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] body = Mutated(s_requests[i % s_requests.Length].ToByteArray(), random);
            byte[] framed = new byte[body.Length + 5];
            framed[0] = (byte)(i % 50 == 49 ? random.Next(256) : 0);
            BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), i % 20 == 19 ? (uint)random.NextInt64(uint.MaxValue) : (uint)body.Length);
            body.CopyTo(framed, 5);
            using var content = new ByteArrayContent(framed);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/distembed.v1.TrainingControl/{methods[i % methods.Length]}") { Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
            using HttpResponseMessage answer = await http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            IEnumerable<string>? status = answer.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? trailer) ? trailer : answer.Headers.GetValues("grpc-status");
            int code = int.Parse(Assert.Single(status));
            malformed += code is (int)StatusCode.Unknown or (int)StatusCode.Internal or (int)StatusCode.ResourceExhausted ? 1 : 0;
            Assert.True(Enum.IsDefined((StatusCode)code), $"seed {Seed}, request {i}: status {code}");
        }

        Assert.InRange(malformed, 10, 390);
        Assert.InRange(open.Log.Count(l => l.StartsWith("Warning", StringComparison.Ordinal)), 1, malformed);
        Assert.DoesNotContain(open.Log, line => line.StartsWith("Error", StringComparison.Ordinal) || line.Contains("   at ", StringComparison.Ordinal));
        using DoorClient client = open.Client();
        await client.Calls.GetStatusAsync(new GetStatusRequest());
    }

    private static byte[] Garbage(string kind, Random random)
    {
        byte[] noise = new byte[20_000];
        random.NextBytes(noise);
        return kind switch
        {
            "random" => noise,
            "http/1" => Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            "tls" => [0x16, 0x03, 0x01, 0x02, 0x00, .. noise],
            "settings" => [.. s_preface, .. Frame(4, 0, 0, noise[..7])],
            "huge frame" => [.. s_preface, .. Frame(4, 0, 0, []), 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1, .. noise],
            "header bomb" => [.. s_preface, .. Frame(4, 0, 0, []), .. Frame(1, 0, 1, noise[..8000]), .. Frame(9, 4, 1, noise[..8000])],
            "bad hpack" => [.. s_preface, .. Frame(4, 0, 0, []), .. Frame(1, 5, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])],
            "preface alone" => s_preface,
            _ => new byte[20_000],
        };
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static byte[] Mutated(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            int at = random.Next(list.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < list.Count:
                    list[at] = (byte)random.Next(256);
                    break;
                case 1:
                    list.Insert(at, (byte)random.Next(256));
                    break;
                case 2 when at < list.Count:
                    list.RemoveRange(at, random.Next(1, list.Count - at + 1));
                    break;
                default:
                    list.InsertRange(at, [0xFF, 0xFF, 0xFF, 0xFF, (byte)random.Next(16)]);
                    break;
            }
        }

        return [.. list];
    }
}
