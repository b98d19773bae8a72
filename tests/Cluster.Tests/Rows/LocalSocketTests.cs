using System.Net.Sockets;
using System.Runtime.InteropServices;
using Akka.Actor;
using DistEmbed.Cluster.Tests.Node;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Rows;

public partial class LocalSocketTests
{
    private const int Nobody = 65534;

    private static readonly string s_address = $"row-server.example:{Guid.NewGuid()}";

    [Fact]
    public void Who_listens_beside_a_port_is_found_by_its_address_and_nothing_stays_behind()
    {
        NodeOptions options = RowRun.Options();
        Assert.Null(LocalSocket.Connect(s_address, options));
        using (Socket? listening = LocalSocket.Listen(s_address, options))
        {
            Assert.Equal(OperatingSystem.IsLinux(), listening is not null);
            if (listening is null)
                return;
            Assert.Null(LocalSocket.Listen(s_address, options)); // taken
            using Socket worker = Assert.IsType<Socket>(LocalSocket.Connect(s_address, options));
            using Socket server = listening.Accept();
            RowGreeting.Prepare(server, Wait.Deadline);
            Assert.True(LocalSocket.IsSameUser(server));
            worker.Send([7]);
            byte[] received = new byte[1];
            Assert.Equal((1, 7), (server.Receive(received), received[0]));
            Assert.Null(LocalSocket.Connect(s_address + "0", options));
        }

        Assert.Null(LocalSocket.Connect(s_address, options));
    }

    [Fact]
    public void With_certificates_there_is_no_such_way()
    {
        using var authority = new Certificates();
        NodeOptions secure = RowRun.Options(authority.Tls("127.0.0.1"));
        Assert.Null(LocalSocket.Listen(s_address, secure));
        using Socket? listening = LocalSocket.Listen(s_address, RowRun.Options());
        Assert.Null(LocalSocket.Connect(s_address, secure));
    }

    /// <summary>Another user may take the name before the server does, or look for it.</summary>
    [Fact]
    public async Task Another_user_is_neither_taken_for_the_server_nor_served()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            Console.WriteLine("Not tested: changing the user of a thread takes root on Linux.");
            return;
        }

        NodeOptions options = RowRun.Options();
        using (Socket? others = await As(Nobody, () => LocalSocket.Listen(s_address, options)))
        {
            Assert.NotNull(others);
            Assert.Null(LocalSocket.Connect(s_address, options));
        }

        using ActorSystem system = ActorSystem.Create("servers", NodeSettings.AkkaConfiguration());
        using RowPlaneListener listener = RowPlaneListener.Start(system, options);
        foreach (int user in new[] { 0, Nobody })
        {
            using Socket socket = await As(user, () => Connected(listener.Address));
            RowGreeting.Prepare(socket, Wait.Deadline);
            using var greeting = new RowGreeting(socket, new NetworkStream(socket));
            if (user == Nobody)
            {
                // Refused unread: the greeting may find the connection closed, or what follows.
                IOException closed = Assert.ThrowsAny<IOException>(() =>
                {
                    greeting.Greet(Stranger.Hello("run"));
                    greeting.Await();
                });
                Assert.NotEqual(SocketError.TimedOut, (closed.InnerException as SocketException)?.SocketErrorCode);
            }
            else
            {
                greeting.Greet(Stranger.Hello("run"));
                Assert.Contains("not hosted", Assert.IsType<RowRefused>(greeting.Await()).Reason, StringComparison.Ordinal);
            }
        }

        await system.Terminate();
    }

    private static Socket Connected(string address)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(LocalSocket.EndPointOf(address));
        return socket;
    }

    /// <summary>
    /// Does something on a thread that is a user's; it ends with that, since a long-running task has one of its own. The library's function would change the whole process.
    /// The thread goes back to what it was: it may be the one that starts the thread on which the test goes on, which is then of the same user.
    /// </summary>
    private static Task<T> As<T>(int user, Func<T> action)
    {
        const int Keep = -1;
        long setresuid = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 117 : 147;
        return Task.Factory.StartNew(
            () =>
            {
                Assert.Equal(0, SystemCall(setresuid, Keep, user, Keep));
                try
                {
                    return action();
                }
                finally
                {
                    Assert.Equal(0, SystemCall(setresuid, Keep, 0, Keep));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, long first, long second, long third);
}
