using DistEmbed.Coordinator.Control;
using DistEmbed.Protocol;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Turns what a service throws into a status. What nobody expected goes to the log, with a line for the caller that says so and no more.</summary>
internal sealed class CallErrors(DoorLog log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Status(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Status(e, context);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Status(e, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Status(e, context);
        }
    }

    private RpcException Status(Exception thrown, ServerCallContext context)
    {
        switch (thrown)
        {
            case RpcException status:
                return status;
            case InvalidInputException invalid:
                return InputErrorTrailer.Refusal(invalid.Errors);
            case CommandRefusedException refused:
                return Of(StatusCode.FailedPrecondition, refused.Message);
            case StandsByException standsBy:
                return StandsByTrailer.Refusal(standsBy.Message);
            case OperationCanceledException or IOException when context.CancellationToken.IsCancellationRequested:
                return Of(StatusCode.Cancelled, "The caller ended the call.");
            case TimeoutException or OperationCanceledException:
                return Of(StatusCode.DeadlineExceeded, "The coordinator did not answer in time; what was asked for may still take effect.");
            default:
                log.Failed(context.Method, context.Peer, thrown);
                return Of(StatusCode.Internal, "The coordinator failed; its log says how.");
        }
    }

    private static RpcException Of(StatusCode code, string message) => new(new Status(code, message));
}
