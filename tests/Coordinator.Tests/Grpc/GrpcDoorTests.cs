using System.Diagnostics;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Messages;
using DistEmbed.Testing;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using InputError = DistEmbed.Protocol.InputError;

namespace DistEmbed.Coordinator.Tests.Grpc;

public sealed class GrpcDoorTests
{
    private static readonly StatusCode[] s_noSuchFile = [StatusCode.NotFound, StatusCode.InvalidArgument];

    [Fact]
    public async Task Every_call_reaches_the_coordinator()
    {
        await using OpenDoor open = await OpenDoor.Start();
        using DoorClient client = open.Client();
        TrainingControl.TrainingControlClient calls = client.Calls;
        Assert.Equal("kim-7", (await calls.SubmitAsync(new SubmitRequest { JobJson = "{ }", Settings = { "a=1", "b=2" }, RunDirectory = "kim-7" })).RunDirectory);
        (string job, string settings, string? run, string who) = ((string, string, string?, string))Assert.Single(open.Control.Asked);
        Assert.Equal(("{ }", "a=1;b=2", "kim-7"), (job, settings, run));
        Assert.Equal($"{Caller.Printable($"{Environment.UserName}@{Environment.MachineName}")} (127.0.0.1)", who);

        Assert.Equal(41, (await calls.PauseAsync(new PauseRequest())).Step);
        await calls.ResumeAsync(new ResumeRequest());
        await calls.CheckpointAsync(new CheckpointRequest());
        await calls.StopAsync(new StopRequest());
        await calls.ChangeFreezeAsync(new ChangeFreezeRequest { Group = "embedding", Frozen = true });
        await calls.SetLearningRateAsync(new SetLearningRateRequest { Group = "conv2", LearningRate = 0.5 });
        await calls.DrainAsync(new DrainRequest { Node = "w-1" });
        object[] asked = open.Control.Asked[1..];
        Assert.Equal([new PauseRun(who), new ResumeRun(who), new TakeCheckpoint(who), new StopRun(who)], asked[..4]);
        var (freeze, rate) = ((ChangeGroup)asked[4], (ChangeGroup)asked[5]);
        Assert.Equal(("embedding", true, null, who), (freeze.Group, freeze.Frozen, freeze.LearningRate, freeze.Who));
        Assert.InRange(freeze.At, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal(("conv2", null, 0.5), (rate.Group, rate.Frozen, rate.LearningRate));
        Assert.Equal(("w-1", who), asked[6]);
        Assert.Equal(8, open.Log.Count(line => line.StartsWith($"Information: {who}: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_the_coordinator_throws_becomes_a_status_without_a_stack_trace()
    {
        await using OpenDoor open = await OpenDoor.Start();
        using DoorClient client = open.Client();
        async Task<RpcException> Failing(Exception failure)
        {
            open.Control.Failure = failure;
            return await Assert.ThrowsAsync<RpcException>(() => client.Calls.PauseAsync(new PauseRequest()).ResponseAsync);
        }

        RpcException refused = await Failing(new CommandRefusedException("No job is running."));
        Assert.Equal((StatusCode.FailedPrecondition, "No job is running."), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Failing(new TimeoutException("slow"))).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Failing(new OperationCanceledException())).StatusCode);
        Assert.DoesNotContain(open.Log, line => line.StartsWith("Error", StringComparison.Ordinal));

        RpcException broken = await Failing(new NotSupportedException("secret"));
        Assert.Equal((StatusCode.Internal, "The coordinator failed; its log says how."), (broken.StatusCode, broken.Status.Detail));
        Assert.Single(open.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5000)]
    public async Task Every_error_of_a_job_arrives_and_those_that_find_no_room_are_counted(int count)
    {
        await using OpenDoor open = await OpenDoor.Start();
        using DoorClient client = open.Client();
        InputError[] errors = [.. Enumerable.Range(0, count).Select(i => new InputError($"training.batch{i}", "is 0, größer geht nicht.", "Give at least 1."))];
        open.Control.Failure = new InvalidInputException(errors);
        InvalidInputException refused = await Assert.ThrowsAsync<InvalidInputException>(() => client.AskAsync(c => c.SubmitAsync(new SubmitRequest()).ResponseAsync));
        if (count == 3)
        {
            Assert.Equal(errors, refused.Errors);
        }
        else
        {
            Assert.InRange(refused.Errors.Count, 200, count - 1);
            Assert.Equal(errors[..200], refused.Errors.Take(200));
            Assert.Contains($"{count - (refused.Errors.Count - 1)} errors", refused.Errors[^1].What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Requests_that_cannot_be_used_are_refused_before_the_coordinator_hears_of_them()
    {
        await using OpenDoor open = await OpenDoor.Start();
        using DoorClient client = open.Client();
        TrainingControl.TrainingControlClient calls = client.Calls;
        await Refused("at most 1048576", () => calls.SubmitAsync(new SubmitRequest { JobJson = new string('x', 1024 * 1024 + 1) }).ResponseAsync);
        await Refused("given 1001 times", () => calls.SubmitAsync(new SubmitRequest { Settings = { Enumerable.Repeat("a=1", 1001) } }).ResponseAsync);
        await Refused("does not name a run", () => calls.SubmitAsync(new SubmitRequest { RunDirectory = "../up" }).ResponseAsync);
        await Refused("group: is missing", () => calls.ChangeFreezeAsync(new ChangeFreezeRequest()).ResponseAsync);
        await Refused("learning_rate: is NaN", () => calls.SetLearningRateAsync(new SetLearningRateRequest { Group = "g", LearningRate = double.NaN }).ResponseAsync);
        await Refused("learning_rate: is -1", () => calls.SetLearningRateAsync(new SetLearningRateRequest { Group = "g", LearningRate = -1 }).ResponseAsync);
        await Refused("node: is missing", () => calls.DrainAsync(new DrainRequest { Node = " " }).ResponseAsync);
        await Refused("interval_milliseconds: is 99", () => calls.WatchStatus(new WatchStatusRequest { IntervalMilliseconds = 99 }).ResponseStream.MoveNext(default));
        await Refused("interval_milliseconds: is 60001", () => calls.WatchStatus(new WatchStatusRequest { IntervalMilliseconds = 60001 }).ResponseStream.MoveNext(default));
        RpcException large = await Assert.ThrowsAsync<RpcException>(() => calls.SubmitAsync(new SubmitRequest { JobJson = new string('x', 3 * 1024 * 1024) }).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, large.StatusCode);
        Assert.Empty(open.Control.Asked);

        static async Task Refused(string part, Func<Task> call)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
            Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Files_come_whole_and_nothing_but_the_files_of_a_run_can_be_had()
    {
        await using OpenDoor open = await OpenDoor.Start();
        using DoorClient client = open.Client();
        Random.Shared.NextBytes(open.Control.Files["checkpoints/step-5/shard-0"]);
        ListArtifactsReply list = await client.Calls.ListArtifactsAsync(new ListArtifactsRequest { Run = FakeControl.Run });
        Assert.Equal(open.Control.Files.Select(f => (f.Key, (long)f.Value.Length)), list.Artifacts.Select(a => (a.Name, a.Length)));
        foreach ((string name, byte[] bytes) in open.Control.Files)
            Assert.Equal(bytes, await Download(FakeControl.Run, name));

        int opened = open.Control.Asked.Length;
        string[] names =
        [
            "../kim-2/result.json", "..", ".", "/etc/passwd", "checkpoints/../result.json", "./result.json", "..\\result.json", "checkpoints//step-5/shard-0", "C:/windows",
            "result.json\0", "", "result.json/", "RESULT.JSON", "gone", "%2e%2e/result.json", new string('a', 5000),
        ];
        foreach (string name in names)
            Assert.Contains((await Assert.ThrowsAsync<RpcException>(() => Download(FakeControl.Run, name))).StatusCode, s_noSuchFile);
        foreach (string run in new[] { "..", "", ".", "a/b", "/", "kim-1/..", "kim-2", "..\\kim-1" })
        {
            Assert.Contains((await Assert.ThrowsAsync<RpcException>(() => Download(run, "result.json"))).StatusCode, s_noSuchFile);
            Assert.Contains((await Assert.ThrowsAsync<RpcException>(() => client.Calls.ListArtifactsAsync(new ListArtifactsRequest { Run = run }).ResponseAsync)).StatusCode, s_noSuchFile);
        }

        Assert.Equal(opened, open.Control.Asked.Length);

        async Task<byte[]> Download(string run, string name)
        {
            using AsyncServerStreamingCall<ArtifactChunk> call = client.Calls.DownloadArtifact(new DownloadArtifactRequest { Run = run, Name = name });
            using var all = new MemoryStream();
            await foreach (ArtifactChunk chunk in call.ResponseStream.ReadAllAsync())
            {
                Assert.Equal(all.Length, chunk.Offset);
                all.Write(chunk.Data.Span);
            }

            return all.ToArray();
        }
    }

    [Fact]
    public async Task Watching_goes_on_until_the_watcher_goes()
    {
        await using OpenDoor open = await OpenDoor.Start();
        open.Control.Status = () => Statuses.Training with { Attempt = open.Control.StatusCalls };
        using DoorClient client = open.Client();
        using (AsyncServerStreamingCall<Protocol.Control.ClusterStatus> watch = client.Calls.WatchStatus(new WatchStatusRequest { IntervalMilliseconds = 100 }))
        {
            for (int i = 1; i <= 3; i++)
            {
                Assert.True(await watch.ResponseStream.MoveNext(default));
                Assert.Equal(i, watch.ResponseStream.Current.Attempt);
            }
        }

        (int Calls, long Since) last = (-1, 0);
        await Wait.UntilAsync(
            () =>
            {
                int now = open.Control.StatusCalls;
                if (now != last.Calls)
                    last = (now, Stopwatch.GetTimestamp());
                return Stopwatch.GetElapsedTime(last.Since) > TimeSpan.FromMilliseconds(300);
            },
            "three intervals without a question for the status, as the watcher has gone");
    }

    [Fact]
    public async Task Watching_ends_when_the_door_closes()
    {
        OpenDoor open = await OpenDoor.Start();
        using DoorClient client = open.Client();
        using AsyncServerStreamingCall<Protocol.Control.ClusterStatus> watch = client.Calls.WatchStatus(new WatchStatusRequest { IntervalMilliseconds = 60_000 });
        Assert.True(await watch.ResponseStream.MoveNext(default));
        await open.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(DoorClient.IsGone(await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(default))));
    }

    [Fact]
    public async Task The_token_is_asked_for_by_everything_but_health()
    {
        await using OpenDoor open = await OpenDoor.Start(token: "open-sesame");
        using DoorClient knows = open.Client("open-sesame"), wrong = open.Client("open-sesamf"), none = open.Client();
        await knows.Calls.GetStatusAsync(new GetStatusRequest());
        foreach (DoorClient stranger in new[] { wrong, none })
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => stranger.Calls.GetStatusAsync(new GetStatusRequest()).ResponseAsync);
            Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
            Assert.Contains("--token-file", refused.Status.Detail, StringComparison.Ordinal);
            refused = await Assert.ThrowsAsync<RpcException>(() => stranger.Calls.DownloadArtifact(new DownloadArtifactRequest()).ResponseStream.MoveNext(default));
            Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        }

        using GrpcChannel channel = GrpcChannel.ForAddress($"http://{open.Address}");
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
        AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => reflection.ResponseStream.MoveNext(default))).StatusCode);
        Assert.Equal(1, open.Control.StatusCalls);
    }

    [Fact]
    public async Task Health_says_what_the_host_says_and_reflection_lists_the_service()
    {
        await using OpenDoor open = await OpenDoor.Start();
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://{open.Address}");
        var health = new Health.HealthClient(channel);
        foreach (bool serving in new[] { false, true })
        {
            open.Door.SetServing(serving);
            foreach (string service in new[] { "", "distembed.v1.TrainingControl" })
            {
                HealthCheckResponse.Types.ServingStatus status = (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status;
                Assert.Equal(serving ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing, status);
            }
        }

        using AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await reflection.ResponseStream.MoveNext(default));
        Assert.Contains("distembed.v1.TrainingControl", reflection.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name));
        await reflection.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Who_asks_for_health_as_soon_as_the_door_listens_is_told_that_it_does_not_serve_yet()
    {
        var answers = new List<HealthCheckResponse.Types.ServingStatus>();
        Exception? failed = null;
        await using OpenDoor open = await OpenDoor.Start(map: routes => routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => failed = Record.Exception(() =>
        {
            foreach (string service in new[] { "", "distembed.v1.TrainingControl" })
                answers.Add(routes.ServiceProvider.GetRequiredService<HealthServiceImpl>().Check(new HealthCheckRequest { Service = service }, null!).GetAwaiter().GetResult().Status);
        })));
        Assert.Null(failed);
        Assert.Equal([HealthCheckResponse.Types.ServingStatus.NotServing, HealthCheckResponse.Types.ServingStatus.NotServing], answers);
    }

    [Fact]
    public async Task It_does_not_listen_outside_loopback_without_TLS_nor_where_another_listens()
    {
        await using OpenDoor open = await OpenDoor.Start();
        InvalidInputException outside = await Assert.ThrowsAsync<InvalidInputException>(() => GrpcDoor.OpenAsync(OpenDoor.Options() with { Host = "0.0.0.0" }, open.Control, open));
        Assert.Contains("--insecure", outside.Message, StringComparison.Ordinal);
        int port = int.Parse(open.Address.Split(':')[1]);
        InvalidInputException taken = await Assert.ThrowsAsync<InvalidInputException>(() => GrpcDoor.OpenAsync(OpenDoor.Options() with { GrpcPort = port }, open.Control, open));
        Assert.Contains($"{port}", taken.Message, StringComparison.Ordinal);
    }
}
