using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using TorchSharp;

namespace DistEmbed.Worker.Training;

/// <summary>
/// Loads libtorch with the arithmetic that a job asks for. Its kernels give other bits with another instruction set or another number of threads, and both
/// are fixed for a process once the native library has run its first kernel, so this comes first and every later caller must agree.
/// <para>
/// MKL multiplies matrices, and follows AVX2 and AVX-512 by name on Intel's processors only: on others it falls back to its own choice (seen on AMD, where both
/// give the bits of the default). Sets equal in name give equal bits on processors of one maker; <see cref="InstructionSet.Baseline"/> is MKL's compatible
/// mode, meant to be the same on every maker's, at a third of the speed.
/// </para>
/// </summary>
public static partial class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static (InstructionSet Set, int Threads)? _configured;

    /// <summary>
    /// Loads libtorch, held to <paramref name="set"/> and to <paramref name="threads"/> intra-op threads. Asking again for the same does nothing.
    /// </summary>
    /// <param name="set">The instruction set of every kernel: ATen's own, MKL's and oneDNN's.</param>
    /// <param name="threads">Threads inside one operation, at least 1.</param>
    /// <exception cref="InvalidInputException">
    /// The processor lacks the set (<c>training.instructionSet</c>), or the process already computes with another set or another number of threads
    /// (<c>training.instructionSet</c>, <c>training.torchThreads</c>).
    /// </exception>
    /// <exception cref="InvalidOperationException">Something else in the process loaded libtorch before.</exception>
    public static void Configure(InstructionSet set, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        lock (Gate)
        {
            if (_configured is { } earlier)
            {
                RequireSame(earlier, set, threads);
                return;
            }

            if (!Supports(set))
            {
                throw new InvalidInputException(
                    "training.instructionSet",
                    $"this processor has no {NameOf(set)}, and other instructions give other bits.",
                    $"Set training.instructionSet to '{KebabOf(BestSupported)}' on every node, or leave this machine out.");
            }

            if (IsLoaded())
                throw new InvalidOperationException("libtorch was loaded before TorchRuntime.Configure could choose its instruction set");

            // The names are ATen's, MKL's and oneDNN's own; each reads its variable once, at its first use.
            (string aten, string mkl, string oneDnn) = set switch
            {
                InstructionSet.Baseline => ("default", "COMPATIBLE", "SSE41"),
                InstructionSet.Avx2 => ("avx2", "AVX2", "AVX2"),
                InstructionSet.Avx512 => ("avx512", "AVX512", "AVX512_CORE"),
                _ => throw new ArgumentOutOfRangeException(nameof(set), set, null),
            };
            string count = threads.ToString(CultureInfo.InvariantCulture);
            SetNativeVariable("ATEN_CPU_CAPABILITY", aten);
            SetNativeVariable("MKL_CBWR", mkl);
            SetNativeVariable("ONEDNN_MAX_CPU_ISA", oneDnn);
            SetNativeVariable("MKL_NUM_THREADS", count);
            SetNativeVariable("OMP_NUM_THREADS", count);

            torch.InitializeDeviceType(DeviceType.CPU);
            torch.set_num_threads(threads);
            torch.set_num_interop_threads(1);
            _configured = (set, threads);
        }
    }

    /// <summary>Whether this processor has an instruction set.</summary>
    public static bool Supports(InstructionSet set) => set switch
    {
        InstructionSet.Baseline => true,
        InstructionSet.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        InstructionSet.Avx512 => Fma.IsSupported && Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported,
        _ => throw new ArgumentOutOfRangeException(nameof(set), set, null),
    };

    private static InstructionSet BestSupported => Supports(InstructionSet.Avx2) ? InstructionSet.Avx2 : InstructionSet.Baseline;

    private static void RequireSame((InstructionSet Set, int Threads) earlier, InstructionSet set, int threads)
    {
        var errors = new List<InputError>();
        if (set != earlier.Set)
        {
            errors.Add(new InputError(
                "training.instructionSet",
                $"'{KebabOf(set)}' is asked for, but this process computes with '{KebabOf(earlier.Set)}' already.",
                "Use the same set, or run the job in a process of its own."));
        }

        if (threads != earlier.Threads)
        {
            errors.Add(new InputError(
                "training.torchThreads",
                $"{threads} is asked for, but this process computes with {earlier.Threads} already.",
                "Use the same number, or run the job in a process of its own."));
        }

        if (errors.Count > 0)
            throw new InvalidInputException(errors);
    }

    private static bool IsLoaded()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Any(m => m.ModuleName.Contains("torch_cpu", StringComparison.OrdinalIgnoreCase));
    }

    private static string NameOf(InstructionSet set) => set switch
    {
        InstructionSet.Avx2 => "AVX2 with FMA",
        InstructionSet.Avx512 => "AVX-512 (F, BW, DQ, VL)",
        _ => set.ToString(),
    };

    // As job files spell the values.
    private static string KebabOf(InstructionSet set) => set.ToString().ToLowerInvariant();

    /// <summary>Sets a variable where native code reads it: on Unix, the runtime's own environment is a copy that getenv never sees.</summary>
    private static void SetNativeVariable(string name, string value)
    {
        if (OperatingSystem.IsWindows())
        {
            // MKL asks the system, torch the C runtime.
            Environment.SetEnvironmentVariable(name, value);
            if (PutEnvironment(name, value) != 0)
                throw new InvalidOperationException($"the C runtime refused to set {name}");
        }
        else if (SetEnvironment(name, value, 1) != 0)
        {
            throw new InvalidOperationException($"the C library refused to set {name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PutEnvironment(string name, string value);
}
