using System.IO.MemoryMappedFiles;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Serialization;
using Microsoft.Win32.SafeHandles;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>
/// Memory that a worker and a server of its machine both see: row values lie there instead of going through the <see cref="LocalSocket"/>, which carries the frames
/// that name them. It consists of slots, half for each way. A slot belongs to the sending side until it has sent it, then to the receiving side until that returns
/// it. Where no slot is free, values go through the socket: nobody ever waits for one.
/// <para>
/// The worker makes it, the server opens it as a file of the worker's process. It has no name, so nothing stays behind; pages take memory when they are first written,
/// and the slots that were used last are used first. Where it cannot be made or opened (other process namespaces, a forbidding sandbox) values go through the socket.
/// </para>
/// </summary>
public sealed unsafe partial class LocalMemory : IDisposable
{
    /// <summary>Slots each way: a worker may push four slices before the first is acknowledged, so this is enough for slices of 8 MB. What goes beyond takes the socket.</summary>
    public const int Slots = 32;

    /// <summary>Bytes of a slot: those of a message. Only a single row may be longer.</summary>
    public const int SlotBytes = MessageBounds.RowBytes;

    private const string Name = "distembed-rows";
    private const uint CloseOnExecute = 1; // MFD_CLOEXEC
    private const int FlagBytes = 64; // a cache line each: the two sides write different ones
    private const int HeadBytes = 2 * Slots * FlagBytes;
    private const long AllBytes = HeadBytes + (2L * Slots * SlotBytes);

    private readonly SafeFileHandle _file;
    private readonly MemoryMappedFile _mapped;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _firstIn;
    private readonly int _firstOut;
    private readonly int[] _received = new int[Slots];
    private int _users = 1;

    private LocalMemory(SafeFileHandle file, bool isMaker)
    {
        _file = file;
        _mapped = MemoryMappedFile.CreateFromFile(file, null, AllBytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _mapped.CreateViewAccessor(0, AllBytes);
        // No hold on the handle: the collector shall be able to unmap what somebody forgot to return.
        _start = (byte*)_view.SafeMemoryMappedViewHandle.DangerousGetHandle() + _view.PointerOffset;
        (_firstIn, _firstOut) = isMaker ? (Slots, 0) : (0, Slots);
    }

    /// <summary>The number by which this process has it open.</summary>
    public int Number => (int)_file.DangerousGetHandle();

    /// <summary>Makes memory for a connection, for the worker's end; null where there can be none.</summary>
    public static LocalMemory? Make() => Map(isMaker: true, () =>
    {
        int file = MakeFile(Name, CloseOnExecute);
        return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
    });

    /// <summary>Opens the memory of the process at the other end of a Unix socket, for the server's end; null where that cannot be.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="number">What the process knows its memory by.</param>
    public static LocalMemory? Open(Socket socket, int number) => Map(isMaker: false, () =>
    {
        string path = $"/proc/{LocalSocket.ProcessOf(socket)}/fd/{number}";
        // Whatever else the process has open must not be taken for it and written to.
        if (new FileInfo(path).LinkTarget is not { } target || !target.StartsWith($"/memfd:{Name} ", StringComparison.Ordinal))
            return null;
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.GetLength(file) == AllBytes)
            return file;
        file.Dispose();
        return null;
    });

    /// <summary>Whether a slot to send values in is free.</summary>
    public bool HasFree
    {
        get
        {
            if (!TryUse())
                return false;
            bool found = false;
            for (int index = 0; index < Slots && !found; index++)
                found = Volatile.Read(ref *FlagOf(_firstOut + index)) == 0;
            EndUse();
            return found;
        }
    }

    /// <summary>A free slot for some values to send; null where there is none, or they do not fit. Any thread may ask.</summary>
    public LocalSlot? Take(int bytes)
    {
        if (bytes > SlotBytes || !TryUse())
            return null;
        for (int index = 0; index < Slots; index++)
        {
            ref int flag = ref *FlagOf(_firstOut + index);
            if (Volatile.Read(ref flag) == 0 && Interlocked.CompareExchange(ref flag, 1, 0) == 0)
                return SlotOf(index, isReceived: false);
        }

        EndUse();
        return null;
    }

    /// <summary>A slot that was received.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="bytes">Bytes that are said to lie there.</param>
    /// <exception cref="RowFrameException">There is no such slot, or it was received already and not returned.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public LocalSlot Receive(int number, int bytes)
    {
        if (number is < 1 or > Slots || bytes > SlotBytes)
            throw new RowFrameException($"{bytes} bytes in slot {number}; there are {Slots} of {SlotBytes}");
        ObjectDisposedException.ThrowIf(!TryUse(), this);
        if (Interlocked.Exchange(ref _received[number - 1], 1) == 0)
            return SlotOf(number - 1, isReceived: true);
        EndUse();
        throw new RowFrameException($"slot {number} comes a second time before it was returned");
    }

    /// <summary>Ends a use of it. It goes with the last one; each slot that is not returned is one.</summary>
    public void Dispose() => EndUse();

    /// <summary>A slot has no user any more on this side.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="isFree">Whether it is free now; else it belongs to the other side.</param>
    internal void Return(LocalSlot slot, bool isFree)
    {
        if (slot.IsReceived)
            Volatile.Write(ref _received[slot.Number - 1], 0);
        if (isFree)
            Volatile.Write(ref *FlagOf((slot.IsReceived ? _firstIn : _firstOut) + slot.Number - 1), 0);
        EndUse();
    }

    private static LocalMemory? Map(bool isMaker, Func<SafeFileHandle?> file)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        SafeFileHandle? handle = null;
        try
        {
            handle = file();
            return handle is null ? null : new LocalMemory(handle, isMaker);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or SocketException or EntryPointNotFoundException)
        {
            handle?.Dispose();
            return null;
        }
    }

    private LocalSlot SlotOf(int index, bool isReceived) =>
        new(this, index + 1, isReceived, (float*)(_start + HeadBytes + ((long)((isReceived ? _firstIn : _firstOut) + index) * SlotBytes)));

    private int* FlagOf(int slot) => (int*)(_start + (slot * FlagBytes));

    /// <summary>Begins another use; false where the last one has ended.</summary>
    internal bool TryUse()
    {
        for (int users = Volatile.Read(ref _users); users > 0;)
        {
            int before = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (before == users)
                return true;
            users = before;
        }

        return false;
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        _view.Dispose();
        _mapped.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFile(string name, uint flags);
}
