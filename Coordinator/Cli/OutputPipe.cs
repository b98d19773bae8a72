using System.Runtime.InteropServices;

namespace DistEmbed.Coordinator.Cli;

/// <summary>
/// Whether anybody still reads standard output. The runtime drops what is written to a pipe that nobody reads, so a command in front of <c>head</c> would
/// compute on to the end of its input for nothing.
/// </summary>
internal static partial class OutputPipe
{
    private const int StandardOutput = 1;
    private const short Broken = 0x8 | 0x10 | 0x20; // POLLERR, POLLHUP, POLLNVAL: one or the other, depending on the system

    /// <summary>Whether the reader has gone. Always false on Windows, where the system cannot be asked.</summary>
    public static bool IsBroken()
    {
        if (OperatingSystem.IsWindows())
            return false;
        var output = new PollDescriptor { Descriptor = StandardOutput };
        return Poll(ref output, 1, 0) > 0 && (output.Happened & Broken) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Happened;
    }
}
